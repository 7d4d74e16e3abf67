using System.Runtime.InteropServices;
using Paging.Guest.Abi;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Tasks;

/// <summary>One timer of timer_create(2).</summary>
internal sealed class PosixTimer
{
    public int Clock { get; init; }

    /// <summary>It counts its process's own time.</summary>
    public bool IsOnOwnTime { get; init; }

    /// <summary>0: none is sent.</summary>
    public SignalNumber Signal { get; set; }

    public uint Value { get; set; }

    /// <summary>Who gets the signal; null: the process.</summary>
    public GuestTask? Thread { get; set; }

    public IntervalTimer Ring { get; set; }

    /// <summary>How often it had rung unheard when its last signal was sent.</summary>
    public int LastOverrun { get; set; }
}
