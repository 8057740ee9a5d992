"""The leaderboard: selectors, start labels, consensus and stopping on the same trainings and identical answers."""
