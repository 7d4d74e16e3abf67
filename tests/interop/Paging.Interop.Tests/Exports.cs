using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Paging.Interop.Tests;

/// <summary>The functions and structures of the built assembly.</summary>
internal static partial class Exports
{
    private static readonly Assembly Library = Assembly.Load("Paging.Interop");

    public static IReadOnlyList<MethodInfo> All { get; } =
        [.. Library.GetTypes()
            .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            // Without a name, it is a function whose pointer C gets.
            .Where(static method => method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()?.EntryPoint is not null)];

    public static string NameOf(MethodInfo method) => method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()!.EntryPoint!;

    public static Prototype Describe(MethodInfo method) =>
        new(NameOf(method), CTypeOf(method.ReturnType), [.. method.GetParameters().Select(static one => CTypeOf(one.ParameterType))]);

    /// <summary>A type of the library, by the name that its structure has in C.</summary>
    public static Type StructureOf(string name) =>
        Library.GetTypes().Single(type => type.IsValueType && string.Equals(CNameOf(type), name, StringComparison.Ordinal));

    public static Type TypeOf(string name) => Library.GetType($"Paging.Interop.{name}", throwOnError: true)!;

    public static string Snake(string name) => Capital().Replace(name, "_$0").TrimStart('_').ToLowerInvariant();

    private static string CNameOf(Type type) => type.Name switch
    {
        "NewProcess" => "paging_process_options",
        "AreaRow" => "paging_area",
        "CoreThreadRow" => "paging_core_thread",
        "FetchedPage" => "paging_fetch_window",
        _ => "paging_" + Snake(type.Name),
    };

    private static string CTypeOf(Type type) => type switch
    {
        { IsPointer: true } when type.GetElementType() is { IsPrimitive: false } inner && inner != typeof(void) && !inner.IsPointer =>
            CNameOf(inner) + "*",
        { IsPointer: true } => CTypeOf(type.GetElementType()!) + "*",
        _ => type.Name switch
        {
            nameof(Int32) => "int32_t",
            nameof(UInt32) => "uint32_t",
            nameof(Int64) => "int64_t",
            nameof(UInt64) => "uint64_t",
            nameof(Byte) => "byte",
            "Void" => "void",
            _ => type.Name,
        },
    };

    [GeneratedRegex("[A-Z]", RegexOptions.None, 10_000)]
    private static partial Regex Capital();
}
