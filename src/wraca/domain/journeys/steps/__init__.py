"""What each kind of step decides. One function a step, all pure; the engine walks from one to the next."""
