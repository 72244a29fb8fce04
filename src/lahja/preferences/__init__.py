"""From candidates to preference pairs: labels, pairs by label or by reward, gates."""
