using Paging.WindowsGuest.Calls;
using Paging.WindowsGuest.Images;
using Paging.WindowsGuest.Runtime;

namespace Paging.WindowsGuest;

/// <summary>Every function that programs can import.</summary>
internal static class CallCatalog
{
    /// <summary>The functions, in the order of their stubs.</summary>
    public static IReadOnlyList<ImportedCall> All { get; } =
    [
        .. VirtualImports.All, .. NativeImports.All, .. NativeSectionImports.All, .. MappingImports.All, .. FileImports.All,
        .. HeapImports.All, .. ThreadImports.All, .. SynchronizationImports.All, .. ExceptionImports.All, .. ProcessImports.All,
        .. ModuleImports.All, .. SystemImports.All, .. StartImports.All, .. AllocationImports.All, .. BytesImports.All, .. TextImports.All,
        .. NumberImports.All, .. JumpImports.All, .. StreamImports.All,
    ];

    /// <summary>The libraries that have them, in the order in which they are loaded.</summary>
    public static IReadOnlyList<(string Name, LibraryImage Image)> Libraries { get; } =
    [
        Make(ImportedCall.Ntdll, 0x77F0_0000, []), Make(ImportedCall.Kernel32, 0x77E0_0000, []),
        Make(ImportedCall.Msvcrt, 0x77C0_0000, RuntimeVariables.All),
    ];

    private static (string Name, LibraryImage Image) Make(string name, uint preferredBase, IReadOnlyList<LibraryVariable> variables)
    {
        List<(string Name, byte[] Stub)> functions = [];
        for (int i = 0; i < All.Count; i++)
        {
            if (string.Equals(All[i].Module, name, StringComparison.Ordinal))
                functions.Add((All[i].Name, CallStubs.CodeOf(CallStubs.NumberOf(i), All[i])));
        }

        return (name, LibraryImage.Make(name, preferredBase, functions, variables));
    }
}
