"""Pure decisions: no clock, no dice, no input or output."""
