using System.Runtime.InteropServices;

namespace Paging.Bench.Host;

/// <summary>
/// One thing for <see cref="BareProcess"/> to do: a system call, or touching pages. 64 bytes, as its machine code reads them.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct HostStep
{
    public long Number;
    public long First, Second, Third, Fourth, Fifth, Sixth;
    public long Result;

    /// <summary>Stores one byte into each page of a range.</summary>
    public static HostStep Touch(long address, int pageCount) =>
        new() { Number = BareProcessCode.StepTouch, First = address, Second = pageCount };

    /// <summary>write(2).</summary>
    public static HostStep Write(int file, long source, long byteLength) =>
        new() { Number = 1, First = file, Second = source, Third = byteLength };

    /// <summary>mmap(2) of private anonymous memory at a fixed place.</summary>
    public static HostStep MapFixed(long address, long byteLength) => new()
    {
        Number = 9,
        First = address,
        Second = byteLength,
        Third = HostCalls.ProtectReadWrite,
        Fourth = HostCalls.MapPrivate | HostCalls.MapAnonymous | HostCalls.MapFixed | HostCalls.MapNoReserve,
        Fifth = -1,
    };

    /// <summary>munmap(2).</summary>
    public static HostStep Unmap(long address, long byteLength) => new() { Number = 11, First = address, Second = byteLength };

    /// <summary>mremap(2) of all of a mapping to a fixed place.</summary>
    public static HostStep Move(long address, long byteLength, long target) => new()
    {
        Number = 25,
        First = address,
        Second = byteLength,
        Third = byteLength,
        Fourth = HostCalls.RemapMayMove | HostCalls.RemapFixed,
        Fifth = target,
    };

    /// <summary>brk(2).</summary>
    public static HostStep SetBreak(long address) => new() { Number = 12, First = address };

    /// <summary>madvise(2).</summary>
    public static HostStep Advise(long address, long byteLength, int advice) =>
        new() { Number = 28, First = address, Second = byteLength, Third = advice };

    /// <summary>A fork whose child waits until it is let go.</summary>
    public static HostStep Fork => new() { Number = 56 };

    /// <summary>Waits for any child's end; __WALL, as such children send no signal.</summary>
    public static HostStep Wait => new() { Number = 61, First = -1, Third = 0x4000_0000 };

    /// <summary>getrusage(2) of the process.</summary>
    public static HostStep Usage(long destination) => new() { Number = 98, Second = destination };

    /// <summary>pipe2(2): two descriptors, the one to read first.</summary>
    public static HostStep Pipe(long destination) => new() { Number = 293, First = destination };

    /// <summary>clock_gettime(2), monotonic.</summary>
    public static HostStep Clock(long destination) => new() { Number = 228, First = 1, Second = destination };

    /// <summary>The end of the list.</summary>
    public static HostStep End => new() { Number = BareProcessCode.StepEnd };

    /// <summary>True for a system call that returned an error number.</summary>
    public readonly bool Failed => Number >= 0 && Result is < 0 and > -4096;
}
