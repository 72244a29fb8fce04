"""What models are asked, and what a prompt asks for."""
