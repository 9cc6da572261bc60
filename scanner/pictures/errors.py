"""Why a picture cannot be read. Whoever has it read by a child process needs no more than this of what opens it."""


class PictureError(Exception):
    """A picture cannot be read."""


class NotAPicture(PictureError):
    """The bytes are no picture of a format that is opened, or are broken beyond use."""


class PictureTooLarge(PictureError):
    """The picture has more bytes or pixels than are accepted."""


class PictureTooHard(PictureError):
    """The picture took too much time or memory, or ended the process that read it."""
