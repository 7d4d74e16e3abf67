using Paging.Windows;

namespace Paging.WindowsGuest;

/// <summary>The time of a program: as the shared user page shows it and the calls return it, moved on by a clock of the host.</summary>
internal sealed class ProgramClock(SharedUserData data, TimeProvider host)
{
    private static readonly TimeSpan _interval = TimeSpan.FromMicroseconds(15_625);    // 64 interrupts a second

    private readonly long _start = host.GetTimestamp();

    /// <summary>The start time of the machine, independent of the host's date, so that runs can be repeated.</summary>
    public static DateTime Epoch => new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The time since the start, for timeouts. The shared page may show an earlier time.</summary>
    public TimeSpan Elapsed => host.GetElapsedTime(_start);

    /// <summary>The milliseconds since the start, in steps of 15.625: GetTickCount.</summary>
    public uint Milliseconds
    {
        get
        {
            Update();
            return (uint)(data.TickCount * 125 / 8);    // 15.625 ms in whole numbers; it wraps after 49.7 days
        }
    }

    /// <summary>The time since the start in units of 100 ns: QueryPerformanceCounter.</summary>
    public long Counter
    {
        get
        {
            Update();
            return data.UpTime.Ticks;
        }
    }

    /// <summary>Lets a clock interrupt happen if it is due: before code runs, so that the shared page is not behind.</summary>
    public void Tick()
    {
        if (Elapsed - data.UpTime >= _interval) Update();
    }

    /// <summary>Lets as much time pass as has passed on the host.</summary>
    private void Update()
    {
        TimeSpan elapsed = Elapsed;
        if (elapsed > data.UpTime) data.Advance(elapsed - data.UpTime);    // never backwards
    }

    /// <summary>The number that programs find in Cookie, from the machine's seed.</summary>
    public static uint CookieOf(ulong seed) => (uint)((seed * 0x9E37_79B9_7F4A_7C15) >> 32);    // 2^64 / golden ratio: spreads small seeds
}
