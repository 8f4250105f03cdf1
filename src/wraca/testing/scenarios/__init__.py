"""A journey is tested like code: scenarios beside it say what a person does and what must follow, to the minute."""
