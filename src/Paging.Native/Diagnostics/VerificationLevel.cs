namespace Paging.Native;

/// <summary>How much the engine doubts itself while it runs. Audits are asked for and work at every level.</summary>
public enum VerificationLevel
{
    /// <summary>No checks: the just-in-time compiler removes them.</summary>
    Off,

    /// <summary>Checks of constant cost: bounds, state transitions, poison in freed frames.</summary>
    Cheap,

    /// <summary>Also checks that read a whole frame or a whole structure.</summary>
    Thorough,
}
