using System.Text;
using Paging.Windows;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>Functions for the startup code of programs: command line, characters, environment, atomic words.</summary>
internal static class SystemImports
{
    private const uint StartupLength = 68, Utf8 = 65001, Latin = 1252;    // sizeof(STARTUPINFO)

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("GetStartupInfoA", 1, static call => Startup(call)),
        OfKernel32("GetStartupInfoW", 1, static call => Startup(call)),
        OfKernel32("GetEnvironmentVariableA", 3, static call => call.Fail(Win32Error.EnvvarNotFound)),    // the environment is empty
        OfKernel32("GetEnvironmentVariableW", 3, static call => call.Fail(Win32Error.EnvvarNotFound)),
        OfKernel32("GetACP", 0, static call => Latin),    // Western: as msvcrt's locale "C" takes bytes
        OfKernel32("GetOEMCP", 0, static call => 437),    // the console's page in the United States
        OfKernel32("IsDBCSLeadByteEx", 2, static call => 0),
        OfKernel32("IsDBCSLeadByte", 1, static call => 0),
        OfKernel32("MultiByteToWideChar", 6, static call => ToWide(call)),
        OfKernel32("WideCharToMultiByte", 8, static call => FromWide(call)),
        OfKernel32("IsDebuggerPresent", 0, static call => 0),
        OfKernel32("OutputDebugStringA", 1, static call => 0),
        OfKernel32("IsProcessorFeaturePresent", 1, static call => call[0] is 2 or 3 or 6 or 8 or 10 ? 1u : 0),    // CX8 to SSE2
        OfKernel32("EncodePointer", 1, static call => call[0]),    // nobody is to be kept from guessing here
        OfKernel32("DecodePointer", 1, static call => call[0]),
        OfKernel32("GetSystemTimeAsFileTime", 1, static call => Time(call)),
        OfKernel32("InterlockedIncrement", 1, static call => Change(call, static (before, _) => before + 1, isOld: false)),
        OfKernel32("InterlockedDecrement", 1, static call => Change(call, static (before, _) => before - 1, isOld: false)),
        OfKernel32("InterlockedExchange", 2, static call => Change(call, static (_, value) => value, isOld: true)),
        OfKernel32("InterlockedExchangeAdd", 2, static call => Change(call, static (before, value) => before + value, isOld: true)),
        OfKernel32("InterlockedCompareExchange", 3, static call => Exchange(call)),
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

    /// <summary>Atomic, as there is one processor and no thread's turn ends inside a call.</summary>
    private static uint? Change(CallFrame call, Func<uint, uint, uint> next, bool isOld)
    {
        if (!call.ReadWord(call[0], out uint before)) return 0;
        uint after = next(before, call[1]);
        call.WriteWord(call[0], after);
        return isOld ? before : after;
    }

    private static uint? Exchange(CallFrame call)
    {
        if (!call.ReadWord(call[0], out uint before)) return 0;
        if (before == call[2]) call.WriteWord(call[0], call[1]);
        return before;
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
