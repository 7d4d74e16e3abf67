namespace Paging.WindowsGuest.Calls;

/// <summary>A function that programs import, and its implementation.</summary>
/// <param name="Module">The library: <c>kernel32.dll</c>.</param>
/// <param name="Name">Its name there.</param>
/// <param name="ArgumentCount">The number of words it takes off the stack.</param>
/// <param name="Function">The implementation. A null result: the thread waits, and gets the result when it continues.</param>
internal sealed record ImportedCall(string Module, string Name, int ArgumentCount, Func<CallFrame, uint?> Function)
{
    public const string Kernel32 = "kernel32.dll", Ntdll = "ntdll.dll", Msvcrt = "msvcrt.dll";

    /// <summary>A function of kernel32.</summary>
    public static ImportedCall OfKernel32(string name, int argumentCount, Func<CallFrame, uint?> function) =>
        new(Kernel32, name, argumentCount, function);

    /// <summary>A function of ntdll.</summary>
    public static ImportedCall OfNtdll(string name, int argumentCount, Func<CallFrame, uint?> function) =>
        new(Ntdll, name, argumentCount, function);
}
