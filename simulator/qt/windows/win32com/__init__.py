"""COM for programs: reading the control's type library."""
