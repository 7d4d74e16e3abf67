using Paging.Guest.Abi;

namespace Paging.Guest.Processes;

/// <summary>A timer that a descriptor stands for.</summary>
internal interface IAlarm
{
    /// <summary>The time of its next expiry that wakes tasks; null for none.</summary>
    long? RingsAt { get; }

    /// <summary>Expires if its time has come.</summary>
    void Ring(long now);
}
