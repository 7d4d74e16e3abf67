namespace Paging.View;

/// <summary>The kind of a breakpoint of a run.</summary>
internal enum BreakpointKind
{
    /// <summary>A call of a name.</summary>
    Call = 0,

    /// <summary>Any page fault.</summary>
    Fault = 1,

    /// <summary>A page fault at a page, or an access to it.</summary>
    Address = 2,

    /// <summary>A change of a frame: of its state, its owner, or its mappings.</summary>
    Frame = 3,
}
