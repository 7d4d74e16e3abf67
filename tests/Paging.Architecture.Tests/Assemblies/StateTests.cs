using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>State lives on the engine, in records of known size; nothing is static, nothing in Core is unsafe.</summary>
public sealed class StateTests
{
    // Not the engine's: a thread's own number, as asking the runtime for it takes twice as long, and the pass that it may use.
    private static bool IsOfTheThread(string field) => field is "ThisThread._id" or "ThisThread._pass";

    [Theory]
    [InlineData("Paging.Native")]
    [InlineData("Paging.Contracts")]
    [InlineData("Paging.Policies")]
    [InlineData("Paging.Core")]
    [InlineData("Paging.Programs")]
    [InlineData("Paging.Reports")]
    [InlineData("Paging.Costs")]
    [InlineData("Paging.Scripting")]
    [InlineData("Paging.Processors")]
    [InlineData("Paging.Guest")]
    [InlineData("Paging.WindowsChecking")]
    [InlineData("Paging.WindowsTour")]
    [InlineData("Paging.Pictures")]
    [InlineData("Paging.Tour")]
    [InlineData("Paging.View")]
    [InlineData("Paging.Traces")]
    [InlineData("Paging.Remote")]
    public void ThereIsNoMutableStaticState(string assembly)
    {
        IEnumerable<string> mutable = Assembly.Load(assembly).GetTypes()
            .SelectMany(static type => type.GetFields(Assemblies.Everything | BindingFlags.Static))
            .Where(static field => field is { IsStatic: true, IsLiteral: false, IsInitOnly: false }
                && !field.DeclaringType!.Name.Contains('<', StringComparison.Ordinal))
            .Select(Assemblies.NameOf).Where(static name => !IsOfTheThread(name));
        Assert.Empty(mutable);
    }

    /// <summary>
    /// What a <c>static readonly</c> field refers to cannot change either: no arrays, no collections, no objects with fields to assign.
    /// </summary>
    [Theory]
    [InlineData("Paging.Native")]
    [InlineData("Paging.Contracts")]
    [InlineData("Paging.Policies")]
    [InlineData("Paging.Core")]
    [InlineData("Paging.Programs")]
    [InlineData("Paging.Reports")]
    [InlineData("Paging.Costs")]
    [InlineData("Paging.Scripting")]
    [InlineData("Paging.HostKernel")]
    [InlineData("Paging.Processors")]
    [InlineData("Paging.Guest")]
    [InlineData("Paging.Pictures")]
    [InlineData("Paging.Tour")]
    [InlineData("Paging.View")]
    [InlineData("Paging.Traces")]
    [InlineData("paging")]
    public void NothingBehindAStaticReadonlyFieldCanChange(string assembly)
    {
        IEnumerable<string> mutable = Assembly.Load(assembly).GetTypes()
            .Where(static type => !Assemblies.IsGenerated(type))
            .SelectMany(static type => type.GetFields(Assemblies.Everything))
            .Where(static field => field is { IsStatic: true, IsLiteral: false, IsInitOnly: true })
            .Select(Immutability.MutablePlaceIn).OfType<string>();
        Assert.Empty(mutable);
    }

    [Theory]
    [InlineData("Paging.Core", "Spaces.Area", 64)]              // AreaRecordIsOneCacheLine
    [InlineData("Paging.Native", "FrameDescriptor", 32)]
    [InlineData("Paging.Native", "PageTableEntry", 8)]
    [InlineData("Paging.Native", "PageDirectoryEntry", 8)]
    [InlineData("Paging.Native", "Tables.SwapEntry", 8)]
    [InlineData("Paging.Native", "VirtualAddress", 4)]
    [InlineData("Paging.Native", "PhysicalAddress", 8)]
    [InlineData("Paging.Native", "PageNumber", 4)]
    [InlineData("Paging.Native", "FrameNumber", 4)]
    [InlineData("Paging.Native", "PageRange", 8)]
    [InlineData("Paging.Native", "Collections.TreeLinks", 12)]
    public void RecordsHaveTheSizeThatTheDesignGivesThem(string assembly, string name, int byteCount)
    {
        Type type = Assembly.Load(assembly).GetType($"{assembly}.{name}", throwOnError: true)!;
        MethodInfo sizeOf = typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type);
        Assert.Equal(byteCount, sizeOf.Invoke(null, null));
    }

    [Theory]
    [InlineData("Paging.Core")]
    [InlineData("Paging.Scripting")]
    public void OnlyNativeIsUnsafe(string assembly)
    {
        Assert.False(IsMarkedUnsafe(Assembly.Load(assembly)));
        IEnumerable<string> pointers = Assembly.Load(assembly).GetTypes().SelectMany(PointersOf);
        Assert.Empty(pointers);
    }

    [Fact]
    public void TheRuleFindsThePointersOfNative()
    {
        Assert.True(IsMarkedUnsafe(Assemblies.Native));
        Assert.NotEmpty(Assemblies.Native.GetTypes().SelectMany(PointersOf));
    }

    /// <summary>The compiler marks a module that was compiled with unsafe blocks allowed.</summary>
    private static bool IsMarkedUnsafe(Assembly assembly) =>
        assembly.ManifestModule.CustomAttributes.Any(static attribute =>
            attribute.AttributeType == typeof(System.Security.UnverifiableCodeAttribute));

    private static IEnumerable<string> PointersOf(Type type)
    {
        foreach (FieldInfo field in type.GetFields(Assemblies.Everything))
        {
            if (HasPointer(field.FieldType)) yield return Assemblies.NameOf(field);
        }

        foreach (MethodBase method in type.GetMethods(Assemblies.Everything).Cast<MethodBase>()
            .Concat(type.GetConstructors(Assemblies.Everything)))
        {
            bool signature = method.GetParameters().Any(static parameter => HasPointer(parameter.ParameterType))
                || (method is MethodInfo info && HasPointer(info.ReturnType));
            bool locals = method.GetMethodBody()?.LocalVariables.Any(static local => HasPointer(local.LocalType)) == true;
            if (signature || locals) yield return Assemblies.NameOf(method);
        }
    }

    private static bool HasPointer(Type type) =>
        type.IsPointer || type.IsFunctionPointer || (type.HasElementType && HasPointer(type.GetElementType()!));
}
