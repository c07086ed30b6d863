"""The first witness in parts: what was said (record), the law (description), its errata (known), the questions (journey)."""
