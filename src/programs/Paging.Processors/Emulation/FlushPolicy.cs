namespace Paging.Processors.Emulation;

/// <summary>How the TLB is kept up to date, for tests.</summary>
internal enum FlushPolicy
{
    /// <summary>When the engine has taken a translation away.</summary>
    WhenAsked,

    /// <summary>Before every stretch of execution.</summary>
    Always,

    /// <summary>Only by loading CR3, which is wrong: a test must notice.</summary>
    Never,
}
