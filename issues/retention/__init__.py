"""What may stay, and taking the rest: by age, by number, and by the bytes of the whole installation."""
