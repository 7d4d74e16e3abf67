using System.Globalization;

namespace Paging.Guest.Abi;

/// <summary>A file descriptor: the number by which a process refers to an open file.</summary>
/// <remarks>Any number is a valid value. Only those in the process's table refer to a file; others are EBADF.</remarks>
/// <param name="Number">The number; negative for "none" and for AT_FDCWD.</param>
internal readonly record struct Descriptor(int Number)
{
    /// <summary>-1: no descriptor, as mmap(2) takes it for anonymous memory and signalfd(2) for a new file.</summary>
    public static Descriptor None => new(-1);

    /// <summary>AT_FDCWD: stands for the working directory where a directory's descriptor is expected.</summary>
    /// <remarks>Linux: include/uapi/linux/fcntl.h.</remarks>
    public static Descriptor WorkingDirectory => new(-100);    // not -1, which failed calls return

    /// <summary>True for AT_FDCWD.</summary>
    public bool IsWorkingDirectory => Number == WorkingDirectory.Number;

    /// <summary>Prints the decimal number.</summary>
    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);
}
