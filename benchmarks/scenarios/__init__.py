"""What is measured, a file each; `catalog.py` lists them in order."""
