"""What a teacher hands out: worked numbers, documents, worksheets, pictures, a page; and checks of a student's own."""
