using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Guest.Abi;

/// <summary>struct timespec and timeval, with 32-bit and with 64-bit seconds, as nanoseconds.</summary>
internal static class TimeWords
{
    public const long Second = 1_000_000_000, Millisecond = 1_000_000;

    /// <summary>The unit of times(2) and /proc: a hundredth of a second. Linux: USER_HZ.</summary>
    public const long Tick = 10_000_000;

    /// <summary>Special values of the nanoseconds: the present time, and no change (UTIME_NOW, UTIME_OMIT).</summary>
    public const long Now = (1 << 30) - 1, Omitted = (1 << 30) - 2;

    private const long SecondsMax = long.MaxValue / Second - 1;    // one less: the nanoseconds are added

    /// <summary>Converts a time of utimensat(2) from seconds and nanoseconds; null for no change.</summary>
    public static long? FromPair(ReadOnlySpan<long> pair) =>
        pair[1] == Omitted ? null : (Math.Clamp(pair[0], -SecondsMax, SecondsMax) * Second) + pair[1];

    /// <summary>Converts a time to seconds and nanoseconds, which are never negative, even before 1970.</summary>
    public static (long Seconds, long Nanoseconds) ToPair(long time)
    {
        long rest = ((time % Second) + Second) % Second;    // % keeps the sign of the time
        return ((time - rest) / Second, rest);
    }

    /// <summary>Converts to the four words of utimensat(2); null means no change.</summary>
    public static void ToPairs(long? accessed, long? modified, Span<long> words)
    {
        (words[0], words[1]) = accessed is { } first ? ToPair(first) : (0, Omitted);
        (words[2], words[3]) = modified is { } second ? ToPair(second) : (0, Omitted);
    }

    /// <summary>Reads a timespec. EFAULT; EINVAL if negative, or for nanoseconds of 10⁹ and more.</summary>
    public static Errno Read(UserMemory user, VirtualAddress address, bool isLong, out long nanoseconds)
    {
        nanoseconds = 0;
        long seconds, rest;
        if (isLong)
        {
            Span<long> words = stackalloc long[2];
            if (!user.TryCopyFrom(address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
            (seconds, rest) = (words[0], (int)words[1]);    // the upper half is padding
        }
        else
        {
            Span<int> words = stackalloc int[2];
            if (!user.TryCopyFrom(address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
            (seconds, rest) = (words[0], words[1]);
        }

        if (seconds < 0 || rest is < 0 or >= Second) return Errno.EINVAL;    // Linux: timespec64_valid
        // Half of the range, so that a deadline (now plus this) does not wrap; 146 years are for ever
        nanoseconds = seconds > long.MaxValue / Second / 2 ? long.MaxValue / 2 : (seconds * Second) + rest;
        return Errno.None;
    }

    /// <summary>Reads an optional timespec: null for address 0. EFAULT, EINVAL as above.</summary>
    public static Errno ReadIfAny(UserMemory user, VirtualAddress address, bool isLong, out long? nanoseconds)
    {
        nanoseconds = null;
        if (address == VirtualAddress.Zero) return Errno.None;
        Errno error = Read(user, address, isLong, out long read);
        if (error == Errno.None) nanoseconds = read;
        return error;
    }

    /// <summary>
    /// Reads an itimerspec: the interval and the first expiry. EFAULT of either comes before EINVAL. Linux: get_itimerspec64.
    /// </summary>
    public static Errno ReadTimer(UserMemory user, VirtualAddress address, bool isLong, out long interval, out long first)
    {
        Errno error = Read(user, address, isLong, out interval);
        Errno second = Read(user, address + LengthOf(isLong), isLong, out first);
        return error == Errno.None || second == Errno.EFAULT ? second : error;
    }

    /// <summary>Writes an itimerspec: the interval, and the time until the next expiry.</summary>
    public static bool TryWriteTimer(UserMemory user, VirtualAddress address, bool isLong, long interval, long left) =>
        TryWrite(user, address, isLong, interval) && TryWrite(user, address + LengthOf(isLong), isLong, left);

    public static bool TryWrite(UserMemory user, VirtualAddress address, bool isLong, long nanoseconds)
    {
        if (isLong)
        {
            Span<long> words = [nanoseconds / Second, nanoseconds % Second];
            return user.TryCopyTo(address, MemoryMarshal.AsBytes(words));
        }

        Span<int> pair = [(int)(nanoseconds / Second), (int)(nanoseconds % Second)];
        return user.TryCopyTo(address, MemoryMarshal.AsBytes(pair));
    }

    /// <summary>Reads a timeval: seconds and microseconds. EFAULT, EINVAL as for a timespec.</summary>
    public static Errno ReadMicroseconds(UserMemory user, VirtualAddress address, out long nanoseconds)
    {
        nanoseconds = 0;
        Span<int> words = stackalloc int[2];
        if (!user.TryCopyFrom(address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
        if (words[0] < 0 || words[1] is < 0 or >= 1_000_000) return Errno.EINVAL;
        nanoseconds = (words[0] * Second) + (words[1] * 1000L);
        return Errno.None;
    }

    public static bool TryWriteMicroseconds(UserMemory user, VirtualAddress address, long nanoseconds)
    {
        Span<int> words = [(int)(nanoseconds / Second), (int)(nanoseconds % Second / 1000)];
        return user.TryCopyTo(address, MemoryMarshal.AsBytes(words));
    }

    private static uint LengthOf(bool isLong) => isLong ? 16u : 8;
}
