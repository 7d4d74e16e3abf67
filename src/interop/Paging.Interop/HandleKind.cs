namespace Paging.Interop;

/// <summary>The kind of a handle's object. The numbers are bits 24 to 31 of a handle.</summary>
internal enum HandleKind
{
    None,
    Engine,
    Process,
    File,
    Snapshot,
    EngineSnapshot,
    Pager,
    DirtyLog,
    FrameLog,
    Pin,
    Processor,
    Swap,
    Group,
    Userfaultfd,
    Events,
    Watchpoint,
    WindowsProcess,
    Image,
    Shadow,
    FlatView,
    Ledger,
    Window,
    Rewind,
}
