"""Business time: working days and hours, holidays, and the deadlines of answers."""
