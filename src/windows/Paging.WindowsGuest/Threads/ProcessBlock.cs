using Paging.Native;
using Paging.Windows;

namespace Paging.WindowsGuest.Threads;

/// <summary>The page of a process that its threads' blocks lead to: its image, its heap, the version of the system.</summary>
/// <remarks>Windows: PEB. 32-bit Windows 10 of version 22H2 is 10.0.19045. Fields that are not named here are zero.</remarks>
internal static class ProcessBlock
{
    public const uint ByteLength = 0x1000;

    private const uint ImageBase = 8, Heap = 0x18, ProcessorCount = 0x64, Major = 0xA4, Minor = 0xA8, Build = 0xAC, Platform = 0xB0;
    private const uint Major10 = 10, Build22H2 = 19045, PlatformNt = 2;    // VER_PLATFORM_WIN32_NT

    /// <summary>Fills it.</summary>
    public static void Begin(WindowsProcess process, VirtualAddress block, VirtualAddress image, uint heap)
    {
        ReadOnlySpan<(uint Offset, uint Value)> words =
            [(ImageBase, image.Value), (Heap, heap), (ProcessorCount, 1), (Major, Major10), (Minor, 0), (Build, Build22H2),
                (Platform, PlatformNt)];
        foreach ((uint offset, uint value) in words) process.Access.TryWrite(block + offset, value, out _);
    }
}
