using Paging.WindowsGuest.Threads;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>Handlers of exceptions, and raising them.</summary>
internal static class ExceptionImports
{
    private const uint NonContinuable = 1;    // the only flag that callers may give

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("AddVectoredExceptionHandler", 2, static call =>
        {
            call.Program.Exceptions.Add(call[1], isFirst: call[0] != 0);
            return call[1];    // any value but 0 serves as its handle
        }),
        OfKernel32("RemoveVectoredExceptionHandler", 1, static call => call.Program.Exceptions.Remove(call[0]) ? 1u : 0),
        OfKernel32("SetUnhandledExceptionFilter", 1, static call =>
        {
            uint before = call.Program.Exceptions.LastFilter;
            call.Program.Exceptions.LastFilter = call[0];
            return before;
        }),
        OfKernel32("RaiseException", 4, static call => Raise(call)),
    ];

    /// <summary>Raises an exception as if the caller's next instruction had: the call returns if a handler continues execution.</summary>
    private static uint? Raise(CallFrame call)
    {
        // More than EXCEPTION_MAXIMUM_PARAMETERS are cut, as RaiseException does
        uint[] parameters = new uint[call[3] == 0 ? 0 : Math.Min(call[2], ExceptionRecord.ParameterCountMax)];
        for (int i = 0; i < parameters.Length; i++) call.ReadWord(call[3] + ((uint)i * 4), out parameters[i]);
        ExceptionRecord record = new(call[0], call[1] & NonContinuable, new(call.Thread.Context.Registers.Eip), parameters);
        if (!call.Program.Exceptions.Raise(record)) call.Program.ExitCode = record.Code;
        return null;
    }
}
