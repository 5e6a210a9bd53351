"""What archives of a million to a hundred million notices need: a simulation over costs that were measured."""
