using System.Text;
using Paging.WindowsGuest.Calls;
using Paging.WindowsGuest.Threads;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>The begin and the end of a program of the C library: arguments, initializers, exit, signals, locale, time.</summary>
internal static class StartImports
{
    private const uint AbortCode = 3, SignalError = uint.MaxValue, Abort = 22;    // the exit code of abort; SIG_ERR; SIGABRT

    public static ImportedCall[] All { get; } =
    [
        Of("__getmainargs", static call => Arguments(call)),
        Of("__set_app_type", static call => 0),    // there are console programs only
        Of("__setusermatherr", static call => 0),    // no function here reports errors
        Of("__p__fmode", static call => call.Runtime.PlaceOf("_fmode")),
        Of("__p__commode", static call => call.Runtime.PlaceOf("_commode")),
        Of("__p__acmdln", static call => call.Runtime.PlaceOf("_acmdln")),
        Of("_initterm", static call => Initialize(call)),
        Of("_onexit", static call =>
        {
            call.Runtime.AtExit.Push(call[0]);
            return call[0];
        }),
        Of("exit", static call => Leave(call, endsProcess: true)),
        Of("_cexit", static call => Leave(call, endsProcess: false)),
        Of("_exit", static call => End(call, call[0])),
        Of("_amsg_exit", static call => End(call, 255)),    // as msvcrt: 255
        Of("abort", static call => AbortNow(call)),
        Of("signal", static call => SetSignal(call)),
        Of("_errno", static call => call.Thread.Block.ErrnoPlace.Value),
        Of("_lock", static call => SynchronizationImports.Enter(call.Frame, call.Runtime.LockPlace(call[0]))),
        Of("_unlock", static call => Unlock(call, call[0])),
        Of("setlocale", static call => Locale(call)),
        Of("localeconv", static call => call.Runtime.Locale),
        Of("_beginthreadex", static call => ThreadImports.Create(call.Frame)),
        Of("_endthreadex", static call =>
        {
            call.Frame.Program.EndThread(call.Thread, call[0]);
            return null;
        }),
        Of("time", static call => Time(call, isLong: false)),
        Of("_time64", static call => Time(call, isLong: true)),
        Of("clock", static call => call.Frame.Program.Clock.Milliseconds),
    ];

    private static uint? Arguments(RuntimeCall call)
    {
        (uint count, uint table) = call.Runtime.Arguments;
        call.PutWord(call[0], count);
        call.PutWord(call[1], table);
        call.PutWord(call[2], call.Runtime.Environment);
        return 0;
    }

    /// <summary>_initterm: calls each function of a table; zeros in it are left out.</summary>
    private static uint? Initialize(RuntimeCall call)
    {
        (uint first, uint end) = (call[0], call[1]);
        return call.Frame.Call(_ => Steps());

        IEnumerable<GuestCall> Steps()
        {
            for (uint at = first; at < end; at += 4)
                if (call.Frame.ReadWord(at, out uint function) && function != 0) yield return new(function);
        }
    }

    /// <summary>exit: the functions of atexit, the last first, then the bytes that streams still have, then the end.</summary>
    private static uint? Leave(RuntimeCall call, bool endsProcess)
    {
        uint code = call[0];
        return call.Frame.Call(routine =>
        {
            if (endsProcess) routine.Leaves = () => End(call, code);
            return Steps();
        });

        IEnumerable<GuestCall> Steps()
        {
            while (call.Runtime.AtExit.TryPop(out uint function)) yield return new(function);
            call.Runtime.Streams.FlushAll();
        }
    }

    private static uint? End(RuntimeCall call, uint code)
    {
        call.Frame.Program.EndProcess(code);
        return null;
    }

    private static uint? AbortNow(RuntimeCall call)
    {
        if (!call.Runtime.SignalHandlers.TryGetValue(Abort, out uint handler) || handler <= 1) return End(call, AbortCode);
        return call.Frame.Call(routine =>
        {
            routine.Leaves = () => End(call, AbortCode);
            return [new(handler, Abort)];
        });
    }

    private static bool IsSignal(uint number) => number is 2 or 4 or 8 or 11 or 15 or 21 or Abort;

    private static uint? SetSignal(RuntimeCall call)
    {
        if (!IsSignal(call[0])) return call.Fail(RuntimeError.Invalid, SignalError);
        call.Runtime.SignalHandlers.TryGetValue(call[0], out uint before);
        call.Runtime.SignalHandlers[call[0]] = call[1];
        return before;
    }

    /// <summary>Gives a lock of the library back.</summary>
    private static uint? Unlock(RuntimeCall call, uint number)
    {
        new CriticalSection(call.Frame.Program.Process, call.Runtime.LockPlace(number)).Leave();
        return 0;
    }

    /// <summary>setlocale: there is "C" only.</summary>
    private static uint? Locale(RuntimeCall call)
    {
        string name = call[1] == 0 ? "" : Encoding.Latin1.GetString(call.Text(call[1]));
        if (name is not ("" or "C")) return 0;
        call.PutText(call.Runtime.Scratch, "C"u8);
        return call.Runtime.Scratch;
    }

    private static uint? Time(RuntimeCall call, bool isLong)
    {
        long seconds = new DateTimeOffset(ProgramClock.Epoch + TimeSpan.FromTicks(call.Frame.Program.Clock.Counter)).ToUnixTimeSeconds();
        if (call[0] != 0) call.PutWord(call[0], (uint)seconds);
        if (call[0] != 0 && isLong) call.PutWord(call[0] + 4, (uint)(seconds >> 32));
        if (isLong) call.Thread.Context.Registers.Edx = (uint)(seconds >> 32);    // the high word of a result of 64 bits
        return (uint)seconds;
    }
}
