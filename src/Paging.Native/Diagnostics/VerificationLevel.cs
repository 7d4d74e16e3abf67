namespace Paging.Native.Diagnostics;

/// <summary>The extent to which the engine checks itself while it runs. Audits are explicit calls, and work at every level.</summary>
internal enum VerificationLevel
{
    /// <summary>No checks: the just-in-time compiler removes them.</summary>
    Off,

    /// <summary>Checks of constant cost: bounds, state transitions, poison in freed frames.</summary>
    Cheap,

    /// <summary>Also checks that read a whole frame or a whole structure.</summary>
    Thorough,
}
