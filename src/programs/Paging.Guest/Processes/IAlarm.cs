using Paging.Guest.Abi;

namespace Paging.Guest.Processes;

/// <summary>A timer behind a descriptor.</summary>
internal interface IAlarm
{
    IntervalTimer Timer { get; }

    /// <summary>False if it has rung unread, and ringing again would wake no task.</summary>
    bool WakesSomebody { get; }

    /// <summary>Rings as often as it should have until now.</summary>
    void Ring(long now);
}
