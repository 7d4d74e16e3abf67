using System.Runtime.InteropServices;

namespace Paging.Cli.Tour;

/// <summary>How large the terminal at standard output is.</summary>
internal static partial class TerminalSize
{
    private const int Output = 1;
    private const nuint GetWindowSize = 0x5413;    // Linux: TIOCGWINSZ, asm-generic/ioctls.h

    /// <summary>Columns and rows; 0 if the terminal does not say.</summary>
    /// <remarks>
    /// On Linux by ioctl(2): <see cref="Console.WindowWidth"/> writes an escape sequence first, which a person with NO_COLOR does not want.
    /// </remarks>
    public static (int Columns, int Rows) Ask()
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
