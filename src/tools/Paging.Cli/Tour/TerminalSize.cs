using System.Runtime.InteropServices;

namespace Paging.Cli.Tour;

/// <summary>The size of the terminal at standard output.</summary>
internal static partial class TerminalSize
{
    private const int Output = 1;
    private const nuint GetWindowSize = 0x5413;    // Linux: TIOCGWINSZ, asm-generic/ioctls.h

    /// <summary>Returns columns and rows; 0 if unknown.</summary>
    /// <remarks>
    /// On Linux by ioctl(2): <see cref="Console.WindowWidth"/> writes an escape sequence first, which NO_COLOR forbids.
    /// </remarks>
    public static (int Columns, int Rows) Query()
    {
        if (!OperatingSystem.IsLinux()) return (Console.WindowWidth, Console.WindowHeight);
        WindowSize size = default;
        return GetSize(Output, GetWindowSize, ref size) == 0 ? (size.Columns, size.Rows) : default;
    }

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int GetSize(int descriptor, nuint request, ref WindowSize size);

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize    // struct winsize
    {
        public ushort Rows, Columns, Width, Height;
    }
}
