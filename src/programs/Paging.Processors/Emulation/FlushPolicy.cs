namespace Paging.Processors.Emulation;

/// <summary>How a test wants the TLB kept.</summary>
internal enum FlushPolicy
{
    /// <summary>When the engine has taken a translation away.</summary>
    WhenAsked,

    /// <summary>Before every stretch of execution.</summary>
    Always,

    /// <summary>Never, but by loading CR3: wrong, and a test must notice.</summary>
    Never,
}
