"""Other retrieval libraries behind one protocol, to be measured beside this one."""
