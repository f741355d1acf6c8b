"""The list of commands in --help, in groups that follow the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click.core import Context
    from typer._click.formatting import HelpFormatter


class Grouped(TyperGroup):
    """Commands under the heading each names as its ``rich_help_panel``."""

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """A section for each heading, in the order of the commands."""
        widest = max(map(len, self.commands))
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            row = (name.ljust(widest), command.get_short_help_str(formatter.width - 6 - widest))
            sections.setdefault(str(getattr(command, "rich_help_panel", "") or "Commands"), []).append(row)
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(rows)
