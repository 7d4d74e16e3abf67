using System.Globalization;

namespace Paging.Guest.Abi;

/// <summary>A number that a program uses for an open file.</summary>
internal readonly record struct Descriptor(int Number)
{
    /// <summary>AT_FDCWD: the working directory stands for a directory's descriptor. Linux: include/uapi/linux/fcntl.h.</summary>
    public static Descriptor WorkingDirectory => new(-100);

    public bool IsWorkingDirectory => Number == WorkingDirectory.Number;

    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);
}
