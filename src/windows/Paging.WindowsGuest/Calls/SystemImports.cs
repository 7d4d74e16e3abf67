using System.Text;
using Paging.Windows;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>Functions for the startup code of programs: settings, characters, time.</summary>
internal static class SystemImports
{
    private const uint StartupLength = 68, Utf8 = 65001;    // sizeof(STARTUPINFO)

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("GetStartupInfoA", 1, static call => Startup(call)),
        OfKernel32("IsDBCSLeadByteEx", 2, static call => 0),
        OfKernel32("IsDBCSLeadByte", 1, static call => 0),
        OfKernel32("MultiByteToWideChar", 6, static call => ToWide(call)),
        OfKernel32("WideCharToMultiByte", 8, static call => FromWide(call)),
        OfKernel32("GetSystemTimeAsFileTime", 1, static call => Time(call)),
    ];

    private static uint Startup(CallFrame call)
    {
        Span<byte> bytes = stackalloc byte[(int)StartupLength];
        bytes.Clear();
        BitConverter.TryWriteBytes(bytes, StartupLength);
        call.Write(call[0], bytes);
        return 0;
    }

    private static uint Time(CallFrame call)
    {
        long time = (ProgramClock.Epoch + TimeSpan.FromTicks(call.Program.Clock.Counter)).ToFileTimeUtc();
        call.WriteWord(call[0], (uint)time);
        call.WriteWord(call[0] + 4, (uint)(time >> 32));
        return 0;
    }

    private static uint ToWide(CallFrame call)
    {
        if (ReadInput(call, 1) is not { } bytes) return call.Fail(Win32Error.InvalidParameter);
        return Give(call, Encoding.Unicode.GetBytes(EncodingOf(call[0]).GetString(bytes)), call[4], call[5], 2);
    }

    private static uint FromWide(CallFrame call)
    {
        if (ReadInput(call, 2) is not { } bytes) return call.Fail(Win32Error.InvalidParameter);
        return Give(call, EncodingOf(call[0]).GetBytes(Encoding.Unicode.GetString(bytes)), call[4], call[5], 1);
    }

    private static Encoding EncodingOf(uint page) => page == Utf8 ? Encoding.UTF8 : Encoding.Latin1;

    /// <summary>The text of arguments 2 and 3, address and length in characters; −1: to its zero, which is converted as well.</summary>
    private static byte[]? ReadInput(CallFrame call, int width)
    {
        if ((int)call[3] == -1)
        {
            if (call.ReadText(call[2], width == 2) is not { } text) return null;
            return (width == 2 ? Encoding.Unicode : Encoding.Latin1).GetBytes(text + "\0");
        }

        if ((int)call[3] <= 0 || call[3] > 1 << 24) return null;    // 0 is ERROR_INVALID_PARAMETER; above, host memory is at stake
        byte[] bytes = new byte[call[3] * (uint)width];
        return call.Read(call[2], bytes) ? bytes : null;
    }

    private static uint Give(CallFrame call, byte[] bytes, uint place, uint room, int width)
    {
        uint count = (uint)(bytes.Length / width);
        if (room == 0) return count;    // it only asks for the length
        if (count > room) return call.Fail(Win32Error.InsufficientBuffer);    // nothing is cut
        return call.Write(place, bytes) ? count : call.Fail(Win32Error.Noaccess);
    }
}
