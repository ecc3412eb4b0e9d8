"""What a budget of false alarms needs: counting episodes, leaving out known events, and how rare a p is."""
