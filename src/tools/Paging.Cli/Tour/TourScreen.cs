using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Paging.Tour;

namespace Paging.Cli.Tour;

/// <summary>The terminal of <c>paging tour</c>: its size, its keys, and the signal that its size has changed.</summary>
internal static partial class TourScreen
{
    private const int Output = 1;
    private const nuint GetWindowSize = 0x5413;    // Linux: TIOCGWINSZ, asm-generic/ioctls.h
    private const int ColumnsMin = 20, ColumnsUnknown = 80, RowsUnknown = 24;

    private static readonly ImmutableArray<PosixSignal> _endings = [PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    /// <summary>True if the terminals allow stepping through a tour.</summary>
    public static bool IsPossible(Terminals terminals, TerminalInk ink) => ink.IsOn
        && terminals.HasFlag(Terminals.Input | Terminals.Output)
        && (OperatingSystem.IsWindows() || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("TERM")));

    /// <summary>The columns of text that is written without stepping.</summary>
    public static int ColumnsOf(Terminals terminals) =>
        terminals.HasFlag(Terminals.Output) ? Math.Min(Size().Columns, StepText.ColumnsMax) : StepText.ColumnsOfFile;

    /// <summary>Steps through stories, from one of them on, until a key ends it.</summary>
    public static void Show(IReadOnlyList<StoryEntry> entries, int first, TextWriter output, TerminalInk ink)
    {
        TourPager pager = new(entries, first, output, ink, Size);
        using PosixSignalRegistration? resized = OperatingSystem.IsWindows() ? null
            : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => pager.Draw());
        PosixSignalRegistration[] endings = [.. _endings.Select(signal => PosixSignalRegistration.Create(signal, _ => End(pager)))];
        bool wasInput = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;    // so that the alternate screen is left in any case
        try
        {
            pager.Run(static () => Console.ReadKey(intercept: true));
        }
        finally
        {
            Console.TreatControlCAsInput = wasInput;
            foreach (PosixSignalRegistration ending in endings) ending.Dispose();
        }
    }

    /// <summary>Ends the pager before the signal ends the command.</summary>
    private static void End(TourPager pager)
    {
        try
        {
            pager.End();
        }
        catch (IOException)
        {
            // SIGHUP: the terminal is gone
        }
    }

    /// <summary>The size of the terminal; 80 columns and 24 rows if unknown.</summary>
    private static (int Columns, int Rows) Size()
    {
        (int columns, int rows) = Query();
        return (columns <= 0 ? ColumnsUnknown : Math.Max(ColumnsMin, columns), rows <= 0 ? RowsUnknown : rows);
    }

    /// <summary>Returns columns and rows; 0 if unknown.</summary>
    /// <remarks>
    /// On Linux by ioctl(2): <see cref="Console.WindowWidth"/> writes an escape sequence first, which NO_COLOR forbids.
    /// </remarks>
    private static (int Columns, int Rows) Query()
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
