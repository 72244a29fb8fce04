"""Human evaluation: blinded rating sheets out, filled ones in, and what the ratings show."""
