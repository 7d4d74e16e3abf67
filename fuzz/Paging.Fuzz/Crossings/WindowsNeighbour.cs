using Paging.Native;
using Paging.Windows;

namespace Paging.Fuzz;

/// <summary>A process of Windows with some memory, in the engine of a scenario of Linux.</summary>
internal static class WindowsNeighbour
{
    public static void Start(Company company)
    {
        WindowsProcess process = WindowsMachine.Of(company.Engine).CreateProcess("neighbour");
        process.Memory.VirtualAlloc(default, 0x5000, AllocationTypes.Reserve | AllocationTypes.Commit, PageProtection.ReadWrite,
            out VirtualAddress at);
        process.Access.TryWrite(at, 42, out _);
        company.Open(process);
    }
}
