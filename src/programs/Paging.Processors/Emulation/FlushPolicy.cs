namespace Paging.Processors.Emulation;

/// <summary>The occasions on which the TLB is flushed, for tests.</summary>
internal enum FlushPolicy
{
    /// <summary>After the engine has taken a translation away.</summary>
    WhenAsked,

    /// <summary>Before every stretch of execution.</summary>
    Always,

    /// <summary>Only by loading CR3, which is wrong: a test must notice.</summary>
    Never,
}
