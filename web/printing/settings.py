"""The section of ``config.yaml`` that says which receipt printer stands where."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

PrinterAddress = Annotated[str, Field(pattern=r"^(tcp://[^\s:/]+:\d{1,5}|file:///\S+)$", max_length=200)]


class PrintingSettings(BaseModel):
    """Printers by the name of their pickup point; ``*`` stands for every other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    printers: dict[str, PrinterAddress] = {}
    columns: int = Field(default=32, ge=20, le=80)

    def printer_of(self, point: str | None) -> str | None:
        """Return the address of a point's printer."""
        return self.printers.get(point or "*") or self.printers.get("*")
