"""What every channel's templates are made with: a Liquid that cannot get out, and how people are called."""
