"""`geo alerts`: what is unusual, what would have been, and how the thresholds of alerts are found."""

import typer

from geo_service.cli.alert_list import list_command
from geo_service.cli.alert_replay import calibrate_command, power_command, replay_command

alerts_commands = typer.Typer(help="Alerts: what is unusual by place and theme.", no_args_is_help=True)

alerts_commands.command("list")(list_command)
alerts_commands.command("replay")(replay_command)
alerts_commands.command("calibrate")(calibrate_command)
alerts_commands.command("power")(power_command)
