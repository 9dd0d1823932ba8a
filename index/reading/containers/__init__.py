"""What documents are packed in, zip, OLE and XML, none of it trusted. May import errors and text."""
