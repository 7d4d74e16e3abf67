using System.Globalization;
using System.Reflection;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace Paging.Mutants;

/// <summary>A fact, or one row of a theory, that runs in this process as often as one likes.</summary>
internal sealed class TestCase(string name, MethodInfo method, object?[] arguments)
{
    private static readonly Dictionary<Type, object> Fixtures = [];

    public string Name => name;

    /// <summary>Every test of an assembly but those of category Slow.</summary>
    public static List<TestCase> Discover(Assembly assembly)
    {
        List<TestCase> found = [];
        foreach (Type type in assembly.GetTypes().Where(static type => type is { IsClass: true, IsAbstract: false, IsPublic: true }))
        {
            foreach (MethodInfo method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static))
            {
                FactAttribute? fact = method.GetCustomAttribute<FactAttribute>();
                if (fact is null || fact.Skip is not null || IsSlow(method) || IsSlow(type)) continue;
                if (fact is not TheoryAttribute)
                {
                    found.Add(new TestCase($"{type.Name}.{method.Name}", method, []));
                    continue;
                }

                int row = 0;
                foreach (IDataAttribute source in ExtensibilityPointFactory.GetMethodDataAttributes(method))
                {
                    foreach (ITheoryDataRow data in source.GetData(method, new DisposalTracker()).AsTask().GetAwaiter().GetResult())
                        found.Add(new TestCase($"{type.Name}.{method.Name}#{row++}", method, Fit(method, data.GetData())));
                }
            }
        }

        return found;
    }

    /// <summary>Returns what failed, null if nothing, or "skipped".</summary>
    public string? Run()
    {
        object? instance = null;
        try
        {
            instance = method.IsStatic ? null : Make(method.ReflectedType!);
            object? result = method.Invoke(instance, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null);
            if (result is Task task) task.GetAwaiter().GetResult();
            if (result is ValueTask value) value.AsTask().GetAwaiter().GetResult();
            Dispose(ref instance);
            return null;
        }
        catch (Exception failure)
        {
            if (failure.Message.Contains("$XunitDynamicSkip$", StringComparison.Ordinal)) return "skipped";
            return $"{failure.GetType().Name}: {failure.Message.Split('\n')[0].Replace('\t', ' ')}";
        }
        finally
        {
            DisposeAnyway(ref instance);
        }
    }

    /// <summary>Makes an object of a test class, with its fixtures, each of which is made once.</summary>
    private static object Make(Type type) =>
        Activator.CreateInstance(type, [.. type.GetConstructors()[0].GetParameters().Select(static one => FixtureOf(one.ParameterType))])!;

    private static object FixtureOf(Type type)
    {
        if (Fixtures.TryGetValue(type, out object? known)) return known;
        object made = Activator.CreateInstance(type)!;
        if (made is IAsyncLifetime lifetime) lifetime.InitializeAsync().AsTask().GetAwaiter().GetResult();
        return Fixtures[type] = made;
    }

    /// <summary>After a failure, which is what counts, whatever disposing says.</summary>
    private static void DisposeAnyway(ref object? instance)
    {
        try
        {
            Dispose(ref instance);
        }
        catch (Exception second)
        {
            Console.WriteLine(second.Message);
        }
    }

    private static void Dispose(ref object? instance)
    {
        object? was = instance;
        instance = null;
        if (was is IAsyncDisposable later) later.DisposeAsync().AsTask().GetAwaiter().GetResult();
        else if (was is IDisposable now) now.Dispose();
    }

    private static bool IsSlow(MemberInfo member) =>
        member.CustomAttributes.Any(static one => one.AttributeType == typeof(TraitAttribute)
            && one.ConstructorArguments[1].Value is "Slow");

    private static object?[] Fit(MethodInfo method, object?[] data)
    {
        ParameterInfo[] parameters = method.GetParameters();
        object?[] fitted = new object?[parameters.Length];
        for (int at = 0; at < parameters.Length; at++)
        {
            Type type = parameters[at].ParameterType;
            if (parameters[at].IsDefined(typeof(ParamArrayAttribute)) && !(at < data.Length && type.IsInstanceOfType(data[at])))
            {
                Array rest = Array.CreateInstance(type.GetElementType()!, Math.Max(0, data.Length - at));
                for (int one = 0; one < rest.Length; one++) rest.SetValue(Convert(data[at + one], type.GetElementType()!), one);
                fitted[at] = rest;
                break;
            }

            fitted[at] = at < data.Length ? Convert(data[at], type) : parameters[at].DefaultValue;
        }

        return fitted;
    }

    private static object? Convert(object? value, Type type)
    {
        if (value is null || type.IsInstanceOfType(value)) return value;
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain.IsEnum) return Enum.ToObject(plain, value);
        return value is IConvertible && typeof(IConvertible).IsAssignableFrom(plain)
            ? System.Convert.ChangeType(value, plain, CultureInfo.InvariantCulture)
            : value;
    }
}
