using System.Reflection;
using System.Runtime.CompilerServices;

namespace Paging.Architecture.Tests;

/// <summary>The built assemblies.</summary>
internal static class Assemblies
{
    public const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    public const BindingFlags Open = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    public static Assembly Native { get; } = Load("Paging.Native");
    public static Assembly Core { get; } = Load("Paging.Core");

    public static Assembly Load(string name) => Assembly.Load(name);

    /// <summary>The types that come from source files, not from the compiler.</summary>
    public static IEnumerable<Type> TypesOf(Assembly assembly) => assembly.GetTypes().Where(static type => !IsGenerated(type));

    public static bool IsGenerated(MemberInfo member) =>
        member.Name.Contains('<', StringComparison.Ordinal) || member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        || (member.DeclaringType is { } outer && IsGenerated(outer));

    /// <summary>The name that a reader would use.</summary>
    public static string NameOf(MemberInfo member) => member.DeclaringType is { } type ? $"{type.Name}.{member.Name}" : member.Name;
}
