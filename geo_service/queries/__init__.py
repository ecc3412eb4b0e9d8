"""Parse query strings into selections and queries; errors name the parameter and what is allowed."""
