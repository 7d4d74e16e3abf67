using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Paging.Cli.Programs;

/// <summary>Distinguishes files from pipes and devices by name, without opening them: opening a pipe waits for its other end.</summary>
internal static partial class HostFileKind
{
    private const int CurrentDirectory = -100;       // AT_FDCWD
    private const uint TypeAndMode = 1;              // STATX_TYPE
    private const int StatByteLength = 256, ModeOffset = 28;
    private const int KindMask = 0xF000, RegularFile = 0x8000;

    /// <summary>Returns false for names of anything but files. If the host cannot report the type, returns true.</summary>
    public static bool IsRegular(string path)
    {
        if (!OperatingSystem.IsLinux()) return true;
        Span<byte> status = stackalloc byte[StatByteLength];
        // opening it will report the error
        if (StatX(CurrentDirectory, path, 0, TypeAndMode, ref MemoryMarshal.GetReference(status)) != 0) return true;
        return (BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]) & KindMask) == RegularFile;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, ref byte status);
}
