"""Raw strings of real-time events: the values of a real type in wire order, a TAB between two of them.

Names and order of the FIDs: `sapi_kiwoom.catalogue.real_types`. What Kiwoom's guide does not explain follows
recorded events, and where none was published, a choice that `docs/fidelity.md` names.
"""
