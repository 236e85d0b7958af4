"""The one kind of error that is the user's to mend."""


class UserError(Exception):
    """Something the user can mend: the message is one line that says what was wrong and what would be right."""
